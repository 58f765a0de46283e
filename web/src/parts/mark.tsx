import type { ComponentChildren } from 'preact';
import { Symbol, type SymbolName } from './symbols.tsx';

export type MarkKind = 'good' | 'warn' | 'bad' | 'plain';

/** A state, by a word, a drawing and a colour: never by the colour alone. */
export function Mark({
  kind,
  symbol,
  children,
}: {
  readonly kind: MarkKind;
  readonly symbol?: SymbolName;
  readonly children: ComponentChildren;
}) {
  return (
    <span class={`mark mark-${kind}`}>
      <Symbol name={symbol ?? kind} />
      {children}
    </span>
  );
}
