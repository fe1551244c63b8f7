/** 16 px line icons, drawn on the half pixel. */
const paths = {
  overview: 'M2.5 2.5h4.5v5H2.5zM9 2.5h4.5v3H9zM9 7.5h4.5v6H9zM2.5 9.5h4.5v4H2.5z',
  incident: 'M8 2.5 14 13H2zM8 6.8v2.8M8 11.3v.2',
  host: 'M2.5 3h11v4h-11zM2.5 9h11v4h-11zM5 5v.1M5 11v.1',
  map: 'M6 4.5a2 2 0 1 1-4 0 2 2 0 0 1 4 0ZM14 4.5a2 2 0 1 1-4 0 2 2 0 0 1 4 0ZM14 12a2 2 0 1 1-4 0 2 2 0 0 1 4 0ZM6 4.5h4M5.5 6l5 4.8',
  xview: 'M2.5 2.5v11h11M5.5 10.5v.1M8 7.5v.1M8 11v.1M10.5 9.5v.1M10.5 4.5v.1M13 7v.1M13 11v.1',
  visitors: 'M8 7.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM3 13.5c0-2.6 2.2-4 5-4s5 1.4 5 4',
  demo: 'M6 2.5h4M6.7 2.5v4L3 13.5h10L9.3 6.5v-4M5 10h6',
  health: 'M1.5 8.5h3L6.5 4l3 8 2-3.5h3',
  search: 'M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9ZM10.3 10.3l3.2 3.2',
  theme: 'M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11ZM8 2.5v11M10 3v10M12 4.3v7.4',
  close: 'M4 4l8 8M12 4l-8 8',
  table: 'M2.5 3.5h11v9h-11zM2.5 6.5h11M2.5 9.5h11M6.5 3.5v9',
  chart: 'M2.5 2.5v11h11M5 10.5l2.5-3 2 2 3.5-5',
  copy: 'M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z',
  plus: 'M8 3v10M3 8h10',
  menu: 'M2.5 4.5h11M2.5 8h11M2.5 11.5h11',
  next: 'M6 3.5 10.5 8 6 12.5',
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}
