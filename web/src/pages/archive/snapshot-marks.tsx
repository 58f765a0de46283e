import type { ListedSnapshot } from '../../api/snapshots.ts';
import { Mark, type MarkKind } from '../../parts/mark.tsx';
import { timeText, utcText } from '../../parts/time.tsx';
import type { Verified } from './verified.ts';

const kinds = { complete: 'good', suspicious: 'warn', unlisted: 'warn', damaged: 'bad' } as const satisfies Readonly<
  Record<ListedSnapshot['state'], MarkKind>
>;

export function StateMark({ state }: { readonly state: ListedSnapshot['state'] }) {
  return <Mark kind={kinds[state]}>{state}</Mark>;
}

export function ProvenMark({ at }: { readonly at: string }) {
  return (
    <span title={`a restore or drill proved it at ${utcText(at)}`}>
      <Mark kind="good">proven {timeText(at)}</Mark>
    </span>
  );
}

export function PinnedMark({ pin }: { readonly pin: NonNullable<ListedSnapshot['pinned']> }) {
  return (
    <span title={pin.reason === undefined ? undefined : `${pin.reason} (${pin.by})`}>
      <Mark kind="plain" symbol="pin">
        pinned{pin.until === undefined ? '' : ` until ${timeText(pin.until)}`}
      </Mark>
    </span>
  );
}

export function LockedMark({ until }: { readonly until: string }) {
  return (
    <span title={`the store lets nobody delete it until ${utcText(until)}`}>
      <Mark kind="plain" symbol="lock">
        locked until {timeText(until)}
      </Mark>
    </span>
  );
}

/** What the last verify of it found: whole or not, and how closely it looked. */
export function VerifiedMark({ of: { at, isWhole, isDataRead } }: { readonly of: Verified }) {
  const how = isDataRead ? 'every byte was read' : 'all is there; not every byte was read';
  return (
    <span title={isWhole ? `${how}, ${utcText(at)}` : utcText(at)}>
      {isWhole ? timeText(at) : <Mark kind="bad">damaged {timeText(at)}</Mark>}
      {isWhole && isDataRead ? ', all bytes' : ''}
    </span>
  );
}
