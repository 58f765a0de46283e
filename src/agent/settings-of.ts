import type { Config } from '../config/schema.ts';
import { jobs, type Job } from '../domain/run-record.ts';
import { wrongUsage } from '../foundation/failure.ts';
import { longestPause, parseSchedule } from '../schedule/schedule.ts';
import type { AgentSettings, JobPlan } from './agent-parts.ts';

/**
 * What the configuration comes to for an agent.
 *
 * @throws Failure E_USAGE (exit code 2) for a schedule that makes no sense, a drill without an installation, a jitter that reaches into the next run
 */
export function agentSettingsOf(config: Config, hostName: string): AgentSettings {
  const { agent } = config;
  return {
    name: agent.name ?? hostName,
    group: agent.group,
    timeZone: agent.timeZone,
    jobs: jobs.map((job) => planOf(job, config)),
    jitterMilliseconds: agent.jitter,
    catchUp: agent.catchUp,
    attempts: agent.attempts,
    retryPauseMilliseconds: agent.retryPause,
    biddingMilliseconds: agent.bidding,
    leaseMilliseconds: agent.lease,
    stopGraceMilliseconds: agent.stopGrace,
  };
}

function planOf(job: Job, { agent, drill }: Config): JobPlan {
  const expression = agent.schedule[job];
  const words = wordsOf(job, agent.verifyPart);
  if (expression === 'none') return { job, words, schedule: undefined };
  const schedule = parseSchedule(expression, agent.timeZone);
  if (longestPause(schedule, new Date(0)) <= agent.jitter) {
    throw wrongUsage(
      `Cannot use the setting agent.jitter: it is longer than the time between two runs of agent.schedule.${job}`,
      'set it to a tenth of that or less',
    );
  }
  if (job === 'drill' && drill.installation === undefined) {
    throw wrongUsage(
      'Cannot use the setting agent.schedule.drill: drill.installation is not set',
      "name the product's folder or zip archive, which a drill makes its scratch server from, or set agent.schedule.drill to none",
    );
  }
  return { job, words, schedule };
}

function wordsOf(job: Job, verifyPart: string): readonly string[] {
  switch (job) {
    case 'backup':
    case 'drill':
      return [job];
    case 'verify':
      return verifyPart === 'none' ? [job] : [job, '--read-data-subset', verifyPart];
    case 'forget':
    case 'prune':
      // There is nobody to look at the plan; what they remove is decided by the same rule that a plan shows.
      return [job, '--yes'];
  }
}
