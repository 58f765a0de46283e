import type { ComponentChildren } from 'preact';
import { formatCount } from '../../../../../src/foundation/counts.ts';
import { slowNow } from '../../../api/now.ts';
import { may } from '../../../api/session-state.ts';
import { isLocked, shortId, type ListedSnapshot } from '../../../api/snapshots.ts';
import { Bytes } from '../../../parts/bytes.tsx';
import { Card } from '../../../parts/page.tsx';
import { Age, Time, timeText } from '../../../parts/time.tsx';
import { LockedMark, PinnedMark, ProvenMark, StateMark, VerifiedMark } from '../snapshot-marks.tsx';
import type { KnownVerified } from '../use-verified.ts';
import { entriesOf, type SnapshotDocument } from './snapshot-document.ts';
import { neighboursOf } from './neighbours.ts';

export interface FactsCardProps {
  readonly snapshot: SnapshotDocument;
  readonly all: readonly ListedSnapshot[] | undefined;
  readonly verified: KnownVerified;
}

/** Where a snapshot came from and how it is; `all` for the ones beside it, where they are known by now. */
export function FactsCard({ snapshot, all, verified }: FactsCardProps) {
  const { id, time, server, backupId, bytes, remarks, manifest } = snapshot;
  const { source } = manifest;
  const entries = snapshot.entries ?? entriesOf(manifest);
  return (
    <Card title="What it is" aside={<Marks snapshot={snapshot} />}>
      {remarks.length === 0 ? null : (
        <ul class={`note archive-remarks ${snapshot.state === 'damaged' ? 'note-bad' : 'note-warn'}`}>
          {remarks.map((remark) => (
            <li key={remark}>{remark}</li>
          ))}
        </ul>
      )}
      <dl class="facts">
        <Fact name="ID">
          <code>{id}</code>
        </Fact>
        <Fact name="Backup ID">
          <code>{backupId}</code>
        </Fact>
        <Fact name="Made">
          <Time at={time} /> (<Age at={time} />)
        </Fact>
        <Fact name="Server">{server}</Fact>
        {source === undefined ? null : (
          <Fact name="From">
            {source.vendorVersion} at {source.location}, {source.via === 'ldap' ? 'by LDAP' : 'by its own tools'}
          </Fact>
        )}
        <Fact name="Made by">
          {manifest.origin === 'backup' ? 'a backup' : 'archiving a folder'}, {manifest.program}
        </Fact>
        <Fact name="Size">
          <Bytes of={bytes} /> in {formatCount(manifest.files.length)} files
        </Fact>
        {entries === undefined ? null : <Fact name="Entries">{formatCount(entries)}</Fact>}
        <Fact name="Verified">
          <VerifiedState id={id} known={verified} />
        </Fact>
        <Pin of={snapshot.pinned} />
        {manifest.lost === undefined ? null : (
          <Fact name="Lost">{formatCount(manifest.lost.length)} files that cannot be had any more</Fact>
        )}
        <Neighbours snapshot={snapshot} all={all} />
      </dl>
    </Card>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

function Marks({ snapshot }: { readonly snapshot: SnapshotDocument }) {
  const { state, provenAt, pinned, lockedUntil } = snapshot;
  return (
    <>
      <StateMark state={state} />
      {provenAt === undefined ? null : <ProvenMark at={provenAt} />}
      {pinned === undefined ? null : <PinnedMark pin={pinned} />}
      {lockedUntil !== undefined && isLocked(snapshot, slowNow.value) ? <LockedMark until={lockedUntil} /> : null}
    </>
  );
}

function VerifiedState({ id, known: { found, failure } }: { readonly id: string; readonly known: KnownVerified }) {
  const own = found?.get(id);
  if (own !== undefined) return <VerifiedMark of={own} />;
  if (failure !== undefined) return <span class="muted">not known: {failure.message}</span>;
  return <span class="muted">{found === undefined ? '…' : 'not by the last runs of verify'}</span>;
}

function Pin({ of }: { readonly of: ListedSnapshot['pinned'] }) {
  if (of === undefined) return null;
  return (
    <Fact name="Pinned">
      by {of.by} <Time at={of.at} />
      {of.until === undefined ? '' : `, until ${timeText(of.until)}`}
      {of.reason === undefined ? '' : `: ${of.reason}`}
    </Fact>
  );
}

/** The snapshots of the same server before and after it, and by one click what differs. */
function Neighbours({ snapshot, all }: { readonly snapshot: ListedSnapshot; readonly all: readonly ListedSnapshot[] | undefined }) {
  if (all === undefined) return null;
  const { before, after } = neighboursOf(all, snapshot);
  return (
    <>
      {before === undefined ? null : <Neighbour name="Before it" one={before} compare={[before.id, snapshot.id]} />}
      {after === undefined ? null : <Neighbour name="After it" one={after} compare={[snapshot.id, after.id]} />}
    </>
  );
}

function Neighbour({
  name,
  one: { id, time },
  compare: [before, after],
}: {
  readonly name: string;
  readonly one: ListedSnapshot;
  readonly compare: readonly [string, string];
}) {
  return (
    <Fact name={name}>
      <a href={`/archive/${id}`}>
        <code>{shortId(id)}</code>
      </a>
      , <Time at={time} />: <a href={`/archive/compare?before=${before}&after=${after}`}>what differs</a>
      {may('restorer') ? (
        <>
          {', '}
          <a href={`/entries/compare?before=${before}&after=${after}`}>which entries changed</a>
        </>
      ) : null}
    </Fact>
  );
}
