import type { Job, RunOutcome } from '../../api/runs.ts';
import { outcomeTexts } from '../../parts/outcome-mark.tsx';
import { jobOfText, outcomeOfText } from './run-query.ts';

export interface RunFilterProps {
  readonly job: Job | undefined;
  readonly outcome: RunOutcome | undefined;
  readonly jobs: readonly Job[];
  readonly outcomes: readonly RunOutcome[];
  readonly onChange: (next: { readonly job?: Job | undefined; readonly outcome?: RunOutcome | undefined }) => void;
}

/** Which runs are shown: of one job, of one outcome. */
export function RunFilter({ job, outcome, jobs, outcomes, onChange }: RunFilterProps) {
  return (
    <div class="runs-filter">
      <label>
        <span>Job</span>
        <select value={job ?? ''} onChange={(event) => onChange({ job: jobOfText(event.currentTarget.value) })}>
          <option value="">all</option>
          {jobs.map((one) => (
            <option key={one} value={one}>
              {one}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span>Outcome</span>
        <select value={outcome ?? ''} onChange={(event) => onChange({ outcome: outcomeOfText(event.currentTarget.value) })}>
          <option value="">all</option>
          {outcomes.map((one) => (
            <option key={one} value={one}>
              {outcomeTexts[one]}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}
