import { shortId } from '../domain/find-snapshot.ts';
import type { ObjectFinding } from './archive.ts';
import type { PinnedSnapshot } from './archive-pins.ts';
import type { StoredPins } from './stored-pins.ts';

/** What is wrong with pins: those that cannot be read, and those whose snapshots something removed that does not ask for pins. */
export async function pinFindings(pins: StoredPins, signal: AbortSignal | undefined): Promise<readonly ObjectFinding[]> {
  const lost = await pins.lost({ signal });
  const lostKeys = new Set(lost.map(({ key }) => key));
  const damaged = (await pins.damaged(signal)).filter(({ key }) => !lostKeys.has(key));
  return [
    ...lost.map(({ key, pin: _pin, ...snapshot }) => ({
      object: key,
      finding: `pins snapshot ${nameOf(snapshot)}, which is not there: something removed it that does not ask for pins`,
      isDamage: true,
      remedy: `unpin ${wordOf(snapshot)}`,
    })),
    ...damaged.map(({ key, snapshot, damage }) => ({
      object: key,
      finding: `is the pin of a snapshot, and ${damage}; it holds all the same, until somebody pins or unpins it`,
      isDamage: true,
      remedy: `pin ${wordOf(snapshot)}`,
    })),
  ];
}

function nameOf({ id, server, backupId }: PinnedSnapshot): string {
  if (server === '') return shortId(id);
  return id === '' ? `${server}/${backupId}` : `${shortId(id)} (${server}/${backupId})`;
}

/** As a command takes it. */
function wordOf({ id, backupId }: PinnedSnapshot): string {
  return id === '' ? backupId : shortId(id);
}
