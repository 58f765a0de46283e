import type { WorkOnServer } from '../restore/work-on-server.ts';
import type { PlannedStage } from '../foundation/progress.ts';
import type { CommandContext } from './define-command.ts';

/** The parts of a command that changes the configured server, and maybe its replicas. */
export async function workOnServer(context: CommandContext): Promise<WorkOnServer> {
  const { config } = await context.loadConfig();
  const parts = await context.parts();
  return {
    leases: await parts.leases(),
    server: await parts.server(),
    topology: parts.topology,
    staging: parts.staging(),
    clock: context.clock,
    serverName: config.server.name,
  };
}

export interface Approval<Plan> {
  /** The operator only wants to see the plan. */
  readonly isPlanOnly: boolean;
  /** The operator said yes beforehand. */
  readonly yes: boolean;
  readonly text: (plan: Plan) => string;
  /** What is asked about, and where yes is not enough, the name that has to be typed. */
  readonly question: (plan: Plan) => { readonly what: string; readonly typed?: string | undefined };
  /** What is told to whoever follows, once it is approved. */
  readonly stages?: (plan: Plan) => readonly PlannedStage[];
}

/** Shows a plan and asks; resolves to false where the plan alone is wanted, which is shown at the end. */
export function approval<Plan>(
  { isPlanOnly, yes, text, question, stages }: Approval<Plan>,
  context: CommandContext,
): (plan: Plan) => Promise<boolean> {
  return async (plan) => {
    if (isPlanOnly) return false;
    context.show(text(plan));
    const { what, typed } = question(plan);
    if (!yes) await context.confirm(what, typed);
    if (stages !== undefined) context.report?.({ kind: 'plan', stages: stages(plan) });
    return true;
  };
}
