import type { RollBackPlan } from '../../../../src/restore/roll-back.ts';

/** What a roll-back does, in order. */
export function rollBackSteps({ target, source, backends, baseDns, isResumed, compared, unfenced }: RollBackPlan): readonly string[] {
  return [
    ...(source === undefined ? [] : backends).map((backend) => `Put backend ${backend} of ${target} into service`),
    ...(source === undefined ? [] : [`Initialise ${target} from ${source}, which is as it was`]),
    ...(isResumed ? [`Resume replication of ${baseDns.join(', ')}`] : []),
    ...compared.map((replica) => `Compare every entry of ${target} with ${replica}`),
    ...unfenced.map((replica) => `Let clients write to ${replica} again`),
  ];
}
