import { useState } from 'preact/hooks';
import { jobNames, requestRun, type Job } from '../../api/runs.ts';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { PlanOf } from './plan-of.tsx';
import { isPart, wordsOfRun, type VerifyReading } from './run-words.ts';

const texts: Readonly<Record<Job, string>> = {
  backup:
    'Has the server write a backup of its backends, checks every file, and archives them; older snapshots go by the retention rule, if there is one.',
  verify: 'Looks whether everything that the snapshots need is in the archive and whole.',
  drill:
    'Restores the newest good snapshot into a scratch server of its own, and proves that it came back. The directory server is not touched.',
  forget: 'Lets go of the snapshots that the retention rule does not keep:',
  prune: 'Gives back the space that no snapshot needs:',
};

export interface RunDialogProps {
  readonly job: Job;
  readonly onJob: (job: Job) => void;
  readonly onBegun: (id: string) => void;
  readonly onClose: () => void;
}

/** Which job to run now, and how; what deletes shows its plan first. */
export function RunDialog({ job, onJob, onBegun, onClose }: RunDialogProps) {
  const [reading, setReading] = useState<VerifyReading>('schedule');
  const [part, setPart] = useState('today/7');
  const [isAccepted, setIsAccepted] = useState(false);
  const [isPlanShown, setIsPlanShown] = useState(false);
  const isDeleting = job === 'forget' || job === 'prune';
  return (
    <ConfirmDialog
      title="Run a job now"
      action={`Run ${job}`}
      isDangerous={isDeleting}
      isBlocked={(isDeleting && !isPlanShown) || (job === 'verify' && reading === 'part' && !isPart(part))}
      onClose={onClose}
      onConfirm={async () => {
        const { id } = await requestRun(job, wordsOfRun(job, { reading, part, isAccepted }));
        onBegun(id);
      }}
    >
      <fieldset class="runs-jobs">
        <legend>Job</legend>
        {jobNames.map((one) => (
          <label key={one}>
            <input
              type="radio"
              name="runs-job"
              checked={one === job}
              // Where the dialog comes with the focus.
              autofocus={one === job}
              onChange={() => {
                setIsPlanShown(false);
                onJob(one);
              }}
            />
            {one}
          </label>
        ))}
      </fieldset>
      <p>{texts[job]}</p>
      {isDeleting ? <PlanOf key={job} job={job} onShown={setIsPlanShown} /> : null}
      {job === 'verify' ? <Reading reading={reading} part={part} onReading={setReading} onPart={setPart} /> : null}
      {job === 'backup' ? (
        <label class="runs-choice">
          <input type="checkbox" checked={isAccepted} onChange={(event) => setIsAccepted(event.currentTarget.checked)} />
          <span>
            Accept a set that is far smaller than the one before
            <span class="hint">
              Only after much was deleted on purpose; otherwise such a set is kept as suspicious, and takes no good one's place.
            </span>
          </span>
        </label>
      ) : null}
      <p class="muted small">
        It waits for its turn: of a job only one runs at a time. You are taken to it, and it goes on when you leave.
      </p>
    </ConfirmDialog>
  );
}

interface ReadingProps {
  readonly reading: VerifyReading;
  readonly part: string;
  readonly onReading: (reading: VerifyReading) => void;
  readonly onPart: (part: string) => void;
}

const readings: readonly (readonly [VerifyReading, string])[] = [
  ['schedule', 'as its schedule does it'],
  ['all', 'read and hash every byte, which takes as long as a fetch'],
  ['part', 'read and hash a part'],
];

function Reading({ reading, part, onReading, onPart }: ReadingProps) {
  return (
    <fieldset class="runs-jobs runs-readings">
      <legend>How much is read</legend>
      {readings.map(([one, text]) => (
        <label key={one}>
          <input type="radio" name="runs-reading" checked={one === reading} onChange={() => onReading(one)} />
          {text}
        </label>
      ))}
      {reading === 'part' ? (
        <label class="field">
          <span>Part</span>
          <input value={part} onInput={(event) => onPart(event.currentTarget.value)} aria-invalid={!isPart(part)} spellcheck={false} />
          <span class="hint">
            <code>today/7</code> (the group whose turn it is), <code>2/7</code>, <code>5%</code> or <code>10GiB</code>
          </span>
        </label>
      ) : null}
    </fieldset>
  );
}
