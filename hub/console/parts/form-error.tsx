/** Why something was not done; nothing where `text` is `null`. */
export function FormError({ text }: { readonly text: string | null }) {
  return text === null ? null : (
    <p className="form-error" role="alert">
      {text}
    </p>
  );
}
