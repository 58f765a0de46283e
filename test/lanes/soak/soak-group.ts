import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { Agent } from '../../../src/agent/agent.ts';
import { type Reporting, startReporting } from '../../../src/agent/reporting/reporting.ts';
import { agentSettingsOf } from '../../../src/agent/settings-of.ts';
import { thisProcess } from '../../../src/archive/lease-holder.ts';
import { StoredLeases } from '../../../src/archive/lease.ts';
import { StoredRuns } from '../../../src/archive/stored-runs.ts';
import { StoredSlots } from '../../../src/archive/stored-slots.ts';
import { compose } from '../../../src/compose.ts';
import { loadConfig } from '../../../src/config/load-config.ts';
import { Scrubber } from '../../../src/telemetry/scrubber.ts';
import { silentLog } from '../../harness/agent-scene.ts';
import { runnerWith } from '../../harness/agent-archive.ts';
import { type CutOffStore, cutOffStore } from '../../harness/cut-off-store.ts';
import type { FastClock } from '../../harness/fast-clock.ts';
import type { Operator } from '../../e2e/bad-days.ts';

/** An agent of the soak: its parts are the real ones, its runs real processes; only its clock is fast, and its store can be cut off. */
export interface SoakAgent {
  readonly name: string;
  readonly agent: Agent;
  readonly reporting: Reporting;
  readonly history: StoredRuns;
  readonly link: CutOffStore;
  readonly stop: () => Promise<void>;
}

/** Starts an agent with schedules of minutes. `random`: from 0 up to, not including, 1. */
export async function startSoakAgent(name: string, operator: Operator, clock: FastClock, random: () => number): Promise<SoakAgent> {
  const staging = path.join(operator.staging, name);
  await mkdir(staging, { recursive: true });
  const environment = {
    ...operator.environment,
    ROOTCELLAR_STAGING_FOLDER: staging,
    ROOTCELLAR_SERVER_NAME: name,
    ROOTCELLAR_AGENT_NAME: name,
    ROOTCELLAR_AGENT_SCHEDULE_BACKUP: '*/5 * * * *',
    ROOTCELLAR_AGENT_SCHEDULE_VERIFY: '*/7 * * * *',
    ROOTCELLAR_AGENT_SCHEDULE_FORGET: '*/11 * * * *',
    ROOTCELLAR_AGENT_SCHEDULE_PRUNE: '*/30 * * * *',
    ROOTCELLAR_AGENT_JITTER: '1s',
    ROOTCELLAR_AGENT_BIDDING: '15s',
    ROOTCELLAR_AGENT_LEASE: '5m',
    ROOTCELLAR_AGENT_RETRY_PAUSE: '10s',
    ROOTCELLAR_RETENTION_KEEP_LAST: '5',
    ROOTCELLAR_LOCK_WAIT: '30s',
    ROOTCELLAR_LEASE_DURATION: '10s',
    ROOTCELLAR_LOCK_DURATION: '10s',
  };
  const { config } = await loadConfig({ environment, flags: {} });
  const parts = compose(config, {
    work: 'agent',
    clock,
    random,
    environment,
    scrubber: new Scrubber(),
    report: () => undefined,
    log: { level: 'silent', format: 'json', write: () => undefined },
  });
  const link = cutOffStore(await parts.store());
  const { group } = config.agent;
  const history = new StoredRuns(link.store, group);
  const leases = new StoredLeases(link.store, {
    clock,
    seconds: config.agent.lease / 1000,
    holder: thisProcess('agent'),
    isAlive: () => undefined,
  });
  const agent = new Agent(agentSettingsOf(config, name), {
    clock,
    random,
    leases,
    history,
    slots: new StoredSlots(link.store, group),
    runner: runnerWith(environment, operator.staging),
    assess: async () => ({ rank: [0], reasons: [] }),
    log: silentLog,
  });
  const reporting = await startReporting(agent, {
    settings: config,
    location: config.archive ?? '',
    version: '1.2.3',
    clock,
    random,
    log: silentLog,
    environment: {},
    secret: parts.secret,
    keepSecret: () => undefined,
    snapshots: async (signal) => {
      const archive = await parts.archive();
      await archive.open({ signal });
      return archive.list({}, { signal });
    },
  });
  const end = new AbortController();
  const ended = agent.work(end.signal, end.signal);
  return {
    name,
    agent,
    reporting,
    history,
    link,
    stop: async () => {
      end.abort();
      await ended;
      await reporting.stop();
      await parts.close();
    },
  };
}
