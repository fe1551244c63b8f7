/** One thing that a package puts on a host. Parents of entries that are no folder of their own need none. */
export type PackageEntry =
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly mode: number;
      readonly content: Buffer;
      readonly isConfig: boolean;
    }
  | { readonly kind: 'folder'; readonly path: string; readonly mode: number; readonly owner: string }
  | { readonly kind: 'link'; readonly path: string; readonly target: string };

/** What a package says of itself, and what it runs on the host, besides its entries. */
export interface PackageText {
  readonly name: string;
  readonly version: string;
  readonly summary: string;
  readonly description: readonly string[];
  readonly maintainer: string;
  readonly homepage: string | null;
}
