/**
 * How far a task is. `success` is `completed_successfully` and nothing else: `completed_with_errors`, `stopped_by_…` and
 * `canceled_before_starting` are ends as well, and none of them did the work.
 */
export type TaskProgress = 'pending' | 'running' | 'success' | 'canceled' | 'failed';

const progressByState: Readonly<Record<string, TaskProgress>> = {
  unscheduled: 'pending',
  disabled: 'pending',
  waitingonstarttime: 'pending',
  waitingondependency: 'pending',
  recurring: 'pending',
  running: 'running',
  completedsuccessfully: 'success',
  canceledbeforestarting: 'canceled',
  stoppedbyadministrator: 'canceled',
  stoppedbyshutdown: 'failed',
  stoppedbyerror: 'failed',
  completedwitherrors: 'failed',
};

/** Reads `ds-task-state` in any case, with `_`, `-`, blanks or nothing between the words; absent means unscheduled, unknown is a failure. */
export function readTaskState(state: string | undefined): TaskProgress {
  if (state === undefined || state === '') return 'pending';
  return progressByState[state.toLowerCase().replaceAll(/[^a-z]/g, '')] ?? 'failed';
}

/** For people: `stopped by error`. */
export function describeTaskState(state: string | undefined): string {
  return (state ?? 'unscheduled').toLowerCase().replaceAll(/[_-]+/g, ' ');
}
