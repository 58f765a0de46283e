import type { AgentStatus, JobStatus } from '../../src/agent/agent-view.ts';
import { newRunId, type RunRecord } from '../../src/domain/run-record.ts';

/** A scheduled backup that succeeded; its slot is the hour before it began, it took four minutes, and its ID is of that time, unless told. */
export function exampleRunRecord(parts: Partial<RunRecord> = {}): RunRecord {
  const { beganAt = '2026-11-23T06:00:30.000Z', job = 'backup', outcome = 'success' } = parts;
  const began = Date.parse(beganAt);
  return {
    id: newRunId(new Date(began), 0.5),
    group: 'directory',
    job,
    words: [job],
    agent: 'ds-0',
    trigger: 'schedule',
    slot: new Date(began - (began % 3_600_000)).toISOString(),
    attempt: 1,
    beganAt,
    endedAt: new Date(began + 240_000).toISOString(),
    outcome,
    ...(outcome === 'success' ? { exitCode: 0 } : {}),
    ...(outcome === 'failure' ? { exitCode: 1, failure: exampleRunFailure } : {}),
    isTriedAgain: false,
    log: [],
    ...parts,
  };
}

export const exampleRunFailure = {
  code: 'E_SERVER_UNREACHABLE',
  message: 'Cannot connect to ldaps://localhost:1636: nothing listens there',
  hint: 'start the server',
};

export function exampleJobStatus(parts: Partial<JobStatus> = {}): JobStatus {
  return { job: 'backup', timeZone: 'UTC', isLeader: false, ...parts };
}

export function exampleAgentStatus(parts: Partial<AgentStatus> = {}): AgentStatus {
  return { name: 'ds-0', group: 'directory', startedAt: '2026-11-20T00:00:00.000Z', state: 'running', jobs: [], active: [], ...parts };
}
