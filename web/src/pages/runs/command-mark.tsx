import type { KeptCommand } from '../../api/kept-commands.ts';
import { Mark } from '../../parts/mark.tsx';

/** How a command ended, by its exit code (`rootcellar --help` has them all). */
export function CommandMark({ command: { state, exitCode } }: { readonly command: KeptCommand }) {
  if (state === 'running')
    return (
      <Mark kind="plain" symbol="running">
        under way
      </Mark>
    );
  if (exitCode === 0) return <Mark kind="good">succeeded</Mark>;
  if (exitCode === 3) return <Mark kind="warn">in part</Mark>;
  if (exitCode === 130) return <Mark kind="plain">canceled</Mark>;
  return <Mark kind="bad">failed</Mark>;
}
