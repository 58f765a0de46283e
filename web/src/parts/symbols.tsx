/** Small drawings; each stands beside a word, so none has a text of its own. */
const paths = {
  good: 'M4 10.5 8 14.5 16 5.5',
  warn: 'M10 3 18 17H2zM10 8v4M10 14.2v.6',
  bad: 'M5 5 15 15M15 5 5 15',
  plain: 'M4 10h12',
  ahead: 'M10 6a4 4 0 1 0 0 8 4 4 0 1 0 0-8',
  running: 'M10 3a7 7 0 1 0 7 7',
  pin: 'M7 3h6M8 3v6l-3 3h10l-3-3V3M10 12v6',
  lock: 'M5 9h10v8H5zM7 9V6.5a3 3 0 0 1 6 0V9',
} as const;

export type SymbolName = keyof typeof paths;

export function Symbol({ name }: { readonly name: SymbolName }) {
  return (
    <svg
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      stroke-width="2.2"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      <path d={paths[name]} />
    </svg>
  );
}
