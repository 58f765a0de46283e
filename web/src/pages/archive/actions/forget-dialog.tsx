import { formatCount } from '../../../../../src/foundation/counts.ts';
import { formatBytes } from '../../../../../src/foundation/sizes.ts';
import { sendDocument } from '../../../api/client.ts';
import { slowNow } from '../../../api/now.ts';
import { requestRun } from '../../../api/runs.ts';
import { isLocked, shortId, type ListedSnapshot } from '../../../api/snapshots.ts';
import { useReadCommand } from '../../../api/use-read-command.ts';
import { useResource } from '../../../api/use-resource.ts';
import { ConfirmDialog } from '../../../parts/confirm-dialog.tsx';
import { ResourceView } from '../../../parts/resource-view.tsx';
import { Time, timeText } from '../../../parts/time.tsx';
import { StateMark } from '../snapshot-marks.tsx';
import type { StatsDocument } from '../stats-document.ts';
import { warningsBeforeForget } from './forget-warnings.ts';
import type { WatchedRun } from './run-watch.tsx';

/** A request takes 200 words, of which some are options. */
export const mostForgotten = 150;

/** What `POST /api/v1/plans/forget` answers. */
interface ForgetPlan {
  readonly keep: readonly { readonly snapshot: ListedSnapshot; readonly reasons: readonly string[] }[];
  readonly forget: readonly ListedSnapshot[];
}

export interface ForgetDialogProps {
  readonly all: readonly ListedSnapshot[];
  readonly chosen: readonly ListedSnapshot[];
  readonly onBegun: (run: WatchedRun) => void;
  readonly onClose: () => void;
}

/** Forgets snapshots: first what speaks against it and the plan of the program itself, then a word to type, then the run. */
export function ForgetDialog({ all, chosen, onBegun, onClose }: ForgetDialogProps) {
  const ids = chosen.map(({ id }) => id);
  const warnings = warningsBeforeForget(all, chosen, slowNow.value, timeText);
  const isRefused = warnings.some(({ level }) => level === 'refused');
  const plan = useResource(
    isRefused ? undefined : (signal) => sendDocument<ForgetPlan>('POST', '/plans/forget', { words: ids }, { signal }),
    ids,
  );
  const name = nameOf(chosen);
  const begin = async (): Promise<void> => {
    const { id } = await requestRun('forget', [...ids, '--yes']);
    onBegun({ id, title: `Forget ${name}` });
  };
  return (
    <ConfirmDialog
      title={`Forget ${name}?`}
      action="Forget"
      isDangerous
      typed={isRefused ? undefined : chosen.length === 1 ? shortId(ids[0] ?? '') : `forget ${chosen.length}`}
      isBlocked={isRefused || plan.value === undefined}
      onConfirm={begin}
      onClose={onClose}
    >
      {warnings.length === 0 ? null : (
        <ul class={`note archive-warnings ${isRefused ? 'note-bad' : 'note-warn'}`}>
          {warnings.map(({ text }) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
      )}
      {isRefused ? (
        <p>So it cannot be done.</p>
      ) : (
        <ResourceView of={plan} what="the plan">
          {(value) => <Plan plan={value} isHeld={chosen.some((one) => isLocked(one, slowNow.value))} />}
        </ResourceView>
      )}
    </ConfirmDialog>
  );
}

/** `isHeld`: a lock holds some of it. */
function Plan({ plan: { keep, forget }, isHeld }: { readonly plan: ForgetPlan; readonly isHeld: boolean }) {
  const servers = [...new Set(forget.map(({ server }) => server))];
  const left = servers.map((server) => `${formatCount(keep.filter(({ snapshot }) => snapshot.server === server).length)} of ${server}`);
  return (
    <>
      <p>
        {forget.length === 1 ? 'This goes' : 'These go'}, {formatBytes(forget.reduce((sum, { bytes }) => sum + bytes, 0))} when fetched;
        nothing brings {forget.length === 1 ? 'it' : 'them'} back. What stays: {left.join(', ')}.
      </p>
      <ul class="archive-plan">
        {forget.map(({ id, time, server, state }) => (
          <li key={id}>
            <Time at={time} /> · {server} · <code>{shortId(id)}</code> <StateMark state={state} />
          </li>
        ))}
      </ul>
      <GivenBack ids={forget.map(({ id }) => id)} isHeld={isHeld} />
    </>
  );
}

/** What prunes give back: it is worked out beside, and nobody has to wait for it. */
function GivenBack({ ids, isHeld }: { readonly ids: readonly string[]; readonly isHeld: boolean }) {
  const stats = useReadCommand<StatsDocument>(['stats', ...ids]);
  if (stats.failure !== undefined) return <p class="muted">What it gives back could not be told: {stats.failure.message}.</p>;
  if (stats.value === undefined) return <p class="muted">Working out what it gives back …</p>;
  if (isHeld)
    return <p>A prune gives {formatBytes(stats.value.togetherStoredBytes)} back once no lock holds it: so much no other snapshot needs.</p>;
  return <p>The next prune gives {formatBytes(stats.value.togetherStoredBytes)} back: so much no other snapshot needs.</p>;
}

function nameOf(chosen: readonly ListedSnapshot[]): string {
  const [first] = chosen;
  return chosen.length === 1 && first !== undefined ? `the snapshot ${shortId(first.id)}` : `${formatCount(chosen.length)} snapshots`;
}
