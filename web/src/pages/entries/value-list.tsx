import { useState } from 'preact/hooks';
import { formatCount } from '../../../../src/foundation/counts.ts';
import { Bytes } from '../../parts/bytes.tsx';
import type { Attribute, AttributeChange, Value } from './documents.ts';

const usuallyShown = 8;
const moreAtOnce = 200;
const foldedFrom = 160;

export type Side = 'removed' | 'added' | 'same';

const signs: Readonly<Record<Side, string>> = { removed: '−', added: '+', same: '' };

/** What an attribute lost and got: each value with a sign, a word and a colour. `words` say what the sides are. */
export function ChangedValues({
  change,
  words = { removed: 'removed', added: 'added' },
}: {
  readonly change: AttributeChange;
  readonly words?: { readonly removed: string; readonly added: string };
}) {
  return (
    <>
      <ValueList of={change.removed} side="removed" word={words.removed} />
      <ValueList of={change.added} side="added" word={words.added} />
    </>
  );
}

/** The values of an attribute, of many the first, and more when they are asked for. */
export function ValueList({ of, side = 'same', word = '' }: { readonly of: Attribute; readonly side?: Side; readonly word?: string }) {
  const [shown, setShown] = useState(usuallyShown);
  const { values, hidden = 0 } = of;
  if (values.length + hidden === 0) return null;
  const left = values.length - shown;
  return (
    <ul class={`entries-values entries-${side}`}>
      {values.slice(0, shown).map((value, index) => (
        <ValueLine key={index} side={side} word={word}>
          <OneValue value={value} />
        </ValueLine>
      ))}
      {left > 0 ? (
        <li>
          <button type="button" class="link" onClick={() => setShown(shown + moreAtOnce)}>
            {formatCount(left)} more {word === '' ? 'values' : `values ${word}`}
          </button>
        </li>
      ) : null}
      {hidden > 0 ? (
        <ValueLine side={side} word={word}>
          <span class="muted">{hidden === 1 ? 'a value, hidden' : `${formatCount(hidden)} values, hidden`}</span>
        </ValueLine>
      ) : null}
    </ul>
  );
}

function ValueLine({ side, word, children }: { readonly side: Side; readonly word: string; readonly children: preact.ComponentChildren }) {
  return (
    <li>
      {side === 'same' ? null : (
        <span class="entries-word">
          <span aria-hidden="true">{signs[side]}</span> {word}
        </span>
      )}
      <span class="entries-value">{children}</span>
    </li>
  );
}

function OneValue({ value }: { readonly value: Value }) {
  if (typeof value !== 'string') {
    return (
      <span class="muted">
        <Bytes of={bytesOf(value.base64)} /> that are no text
      </span>
    );
  }
  if (value === '') return <span class="muted">empty</span>;
  if (value.length <= foldedFrom && !value.includes('\n')) return <>{value}</>;
  return (
    <details>
      <summary>{value.slice(0, foldedFrom / 2).replaceAll('\n', ' ')} …</summary>
      <div class="entries-long">{value}</div>
    </details>
  );
}

function bytesOf(base64: string): number {
  return Math.floor((base64.length * 3) / 4) - (base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0);
}
