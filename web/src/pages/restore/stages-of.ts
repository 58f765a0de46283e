import type { PlannedStage } from '../../../../src/foundation/progress.ts';
import type { KeptCommand } from '../../api/kept-commands.ts';

export interface Stage extends PlannedStage {
  readonly state: 'done' | 'running' | 'bad' | 'ahead';
}

/** How far a command has come with what it planned; empty as long as it has told no plan. One that failed came no further than the stage that it was in. */
export function stagesOf({
  stages = [],
  stage,
  state,
  exitCode,
}: Pick<KeptCommand, 'stages' | 'stage' | 'state' | 'exitCode'>): readonly Stage[] {
  const reached = stages.findIndex(({ key }) => key === stage);
  const isDone = state === 'ended' && exitCode === 0;
  return stages.map((planned, at) => {
    if (isDone || at < reached) return { ...planned, state: 'done' };
    if (at > reached) return { ...planned, state: 'ahead' };
    return { ...planned, state: state === 'ended' ? 'bad' : 'running' };
  });
}
