import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { liveThePast, type Past } from '../../test/harness/console-past.ts';
import { freePort, isFree } from '../../test/harness/free-port.ts';
import { opendjRelease } from '../../test/harness/parts.ts';
import { useS3Credentials } from '../../test/harness/s3-environment.ts';
import { startServerProcess, type ServerProcess } from '../../test/harness/server-process.ts';
import { ensureWeb } from '../ensure-web.ts';
import { root } from '../run-tests.ts';
import { bucket, setStage, type Stage } from './stage.ts';
import { good, say, showCommand, step, waitFor } from './terminal.ts';

const people = 300;

export const consoleDemo = {
  summary: `A directory with ${people} people, a week of its backups, and an agent that shows them in your browser.`,
  run: demonstrate,
};

async function demonstrate(): Promise<void> {
  await using stage = await step('1. Two real servers, on loopback, for this run only', () => setStage(people));
  const past = await step('2. A week of backups', () => liveAWeek(stage));
  const url = await step('3. The agent, with the console', () => serve(stage));
  tell(stage, past, url);
  // A handler for signals alone does not keep a process alive.
  await new Promise(() => setInterval(() => {}, 3_600_000));
}

async function liveAWeek(stage: Stage): Promise<Past> {
  waitFor('four backups with changes between them, one that fails, and all data verified, each with the clock set back (about 10 s)');
  // The store is also written to by this very process.
  useS3Credentials(stage.s3);
  const past = await liveThePast({ ...stage, bucket });
  say(`${past.snapshots.length} snapshots are in the archive`);
  return past;
}

async function serve(stage: Stage): Promise<string> {
  await ensureWeb();
  const drills = path.join(stage.folder, 'drills');
  await mkdir(drills);
  const port = (await isFree(7373)) ? 7373 : await freePort();
  await startAgent(port, {
    ...stage.environment,
    HOME: stage.folder,
    ROOTCELLAR_AGENT_LISTEN: `127.0.0.1:${port}`,
    // Whoever reaches loopback here may everything: the servers are for this run only.
    ROOTCELLAR_AGENT_CONSOLE_ANONYMOUS: 'restorer',
    ROOTCELLAR_AGENT_SCHEDULE_BACKUP: '*/10 * * * *',
    ROOTCELLAR_AGENT_SCHEDULE_VERIFY: '5 * * * *',
    ROOTCELLAR_AGENT_CATCH_UP: 'false',
    ROOTCELLAR_AGENT_JITTER: '1s',
    ROOTCELLAR_AGENT_BIDDING: '1s',
    ROOTCELLAR_DRILL_INSTALLATION: await opendjRelease(),
    ROOTCELLAR_DRILL_FOLDER: drills,
    ROOTCELLAR_DRILL_HEAP: '256MiB',
  });
  say('It makes a backup every ten minutes, and verifies every hour.');
  return `http://127.0.0.1:${port}/`;
}

function startAgent(port: number, environment: Readonly<Record<string, string>>): Promise<ServerProcess> {
  const words = [path.join(root, 'bin/rootcellar.mjs'), 'agent'];
  return startServerProcess({ program: process.execPath, arguments: words, environment, ready: { ports: [port] } });
}

function tell({ environmentFile }: Stage, { dns }: Past, url: string): void {
  console.log('');
  good(`The console is at ${url} and needs no sign-in, as it listens for this machine alone.`);
  say('There is something to find:');
  say(`  · ${dns.droppedMembers.length} members were dropped from ${dns.admins}`);
  say(`  · ${dns.deleted} was deleted`);
  say(`  · ${dns.renamed.from} has another name`);
  console.log('\nThe same by commands, in another terminal:\n');
  showCommand(`source ${environmentFile}`);
  showCommand('rootcellar status');
  console.log('\nCtrl-C here stops the agent and both servers, and removes their folders.');
}
