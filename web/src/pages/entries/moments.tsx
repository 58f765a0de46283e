import { Time } from '../../parts/time.tsx';
import { Mark, type MarkKind } from '../../parts/mark.tsx';
import type { DifferenceKind, HistoryMoment, Moment } from './documents.ts';

/** A snapshot by its time, or the running server. */
export function MomentName({ of }: { readonly of: Moment }) {
  return of === 'now' ? <>now</> : <Time at={of.time} />;
}

/** `20261126132506.123Z` → RFC 3339; undefined where it is something else. */
export function timeOfStamp(stamp: string): string | undefined {
  const [, year, month, day, hour, minute, second = '00'] = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})?(?:[.,]\d+)?Z$/.exec(stamp) ?? [];
  return year === undefined ? undefined : `${year}-${month}-${day}T${hour}:${minute}:${second}Z`;
}

const historyMarks: Readonly<Record<HistoryMoment['kind'], { readonly kind: MarkKind; readonly text: string }>> = {
  first: { kind: 'plain', text: 'there since the first snapshot' },
  appeared: { kind: 'good', text: 'came' },
  changed: { kind: 'warn', text: 'changed' },
  renamed: { kind: 'warn', text: 'renamed' },
  replaced: { kind: 'warn', text: 'another entry of this name' },
  gone: { kind: 'bad', text: 'gone' },
};

/** What became of the entry; `isBack`: it was there before, and gone in between. */
export function HistoryMark({ kind, isBack }: { readonly kind: HistoryMoment['kind']; readonly isBack: boolean }) {
  const mark = historyMarks[kind];
  return <Mark kind={mark.kind}>{kind === 'appeared' && isBack ? 'came back' : mark.text}</Mark>;
}

const differenceMarks: Readonly<Record<DifferenceKind, MarkKind>> = { added: 'good', removed: 'bad', changed: 'warn', renamed: 'warn' };

export function DifferenceMark({ kind }: { readonly kind: DifferenceKind }) {
  return <Mark kind={differenceMarks[kind]}>{kind}</Mark>;
}
