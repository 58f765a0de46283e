import { formatCount } from '../../../../src/foundation/counts.ts';
import { formatBytes } from '../../../../src/foundation/sizes.ts';
import { Mark } from '../../parts/mark.tsx';
import { Time } from '../../parts/time.tsx';
import { VirtualTable, type Column } from '../../parts/virtual-table.tsx';
import type { VerifyResult } from './read-result.ts';
import { countOf } from '../../parts/count-of.ts';
import { SideFailures } from './side-failures.tsx';
import { SnapshotLink } from './snapshot-link.tsx';
import { Suspicions } from './suspicions.tsx';

type Checked = VerifyResult['snapshots'][number];

const lockedColumn: Column<Checked> = {
  title: 'Locked until',
  cell: ({ lockedUntil }) => (lockedUntil === undefined ? 'not locked' : <Time at={lockedUntil} />),
};

/** What a verify found, and of how much it may say so. */
export function VerifyView({ of }: { readonly of: VerifyResult }) {
  const { isWhole, snapshots, objects, suspicions, areLocked, failures } = of;
  const hurt = snapshots.filter(({ damages }) => damages.length > 0);
  return (
    <div class="stack">
      <p class="row">
        <Verdict isWhole={isWhole} />
        <span>
          {countOf(snapshots.length, 'snapshot')}; {howItWasRead(of)}.
        </span>
      </p>
      {areLocked === undefined ? null : (
        <p class="row">{areLocked ? <Mark kind="good">locked</Mark> : <Mark kind="bad">not locked for as long as it should be</Mark>}</p>
      )}
      <Suspicions of={suspicions} />
      {hurt.length === 0 ? null : <Damages snapshots={hurt} />}
      {objects.length === 0 ? null : <Objects objects={objects} isToBeRepaired={suspicions.length === 0} />}
      <SideFailures failures={failures} />
      <details>
        <summary>The snapshots that were checked</summary>
        <VirtualTable<Checked>
          label="Snapshots that were checked"
          rows={snapshots}
          keyOf={({ id }) => id}
          columns={[
            { title: 'Snapshot', cell: ({ id }) => <SnapshotLink id={id} /> },
            { title: 'Made', cell: ({ time }) => <Time at={time} /> },
            { title: 'Server', cell: ({ server }) => server },
            { title: 'Damages', isNumber: true, cell: ({ damages }) => damages.length },
            ...(areLocked === undefined ? [] : [lockedColumn]),
          ]}
        />
      </details>
    </div>
  );
}

function Verdict({ isWhole }: Pick<VerifyResult, 'isWhole'>) {
  if (isWhole === false) return <Mark kind="bad">damaged</Mark>;
  return isWhole === true ? <Mark kind="good">whole</Mark> : <Mark kind="good">no damage found</Mark>;
}

function howItWasRead({ isDataRead, part }: VerifyResult): string {
  if (isDataRead) return 'every byte was read';
  if (part === undefined) return 'presence and size were compared, and no content was read';
  return (
    `presence and size of all were compared, and of the content ${part.name} was read: ${formatCount(part.objects)} of ` +
    `${formatCount(part.ofObjects)} objects (${formatBytes(part.bytes)} of ${formatBytes(part.ofBytes)}); the rest was not`
  );
}

function Damages({ snapshots }: { readonly snapshots: readonly Checked[] }) {
  return (
    <ul class="runs-list">
      {snapshots.slice(0, 50).map(({ id, server, damages }) => (
        <li key={id}>
          <Mark kind="bad">damaged</Mark> <SnapshotLink id={id} /> of {server}: {countOf(damages.length, 'damage')}
          <ul>
            {damages.slice(0, 20).map(({ path, finding }) => (
              <li key={`${path} ${finding}`}>
                <code>{path}</code> {finding}
              </li>
            ))}
          </ul>
        </li>
      ))}
    </ul>
  );
}

/** While objects are hidden or written over nothing is to be repaired: they come back whole. */
function Objects({ objects, isToBeRepaired }: Pick<VerifyResult, 'objects'> & { readonly isToBeRepaired: boolean }) {
  return (
    <ul class="runs-list">
      {objects.slice(0, 50).map(({ object, finding, isDamage, remedy }) => (
        <li key={object}>
          <Mark kind={isDamage ? 'bad' : 'plain'}>{isDamage ? 'damage' : 'to know'}</Mark>
          <span>
            <code>{object}</code> {finding}
            {remedy === undefined || !isToBeRepaired ? '' : `. To do: ${remedy}`}
          </span>
        </li>
      ))}
    </ul>
  );
}
