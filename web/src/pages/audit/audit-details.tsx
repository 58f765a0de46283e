import { Fragment } from 'preact';
import { Dialog } from '../../parts/dialog.tsx';
import { timeText, utcText } from '../../parts/time.tsx';
import type { AuditEntry } from './audit-entries.ts';
import { OutcomeMark } from './outcome-mark.tsx';
import { actionText, wayText } from './audit-words.ts';

/** All that is known of one. */
export function AuditDetails({ entry, onClose }: { readonly entry: AuditEntry; readonly onClose: () => void }) {
  const { time, who, from, agent, action, target, words, outcome, detail, id } = entry;
  const facts = [
    ['When', `${timeText(time)} (${utcText(time)})`],
    ['Who', [who.name, wayText(who)].filter((text) => text !== '').join(', ')],
    ['From', from],
    ['At the agent', agent],
    ['Did', `${actionText(entry)} (${action})`],
    ['To', target],
    ['Words', words?.join(' ')],
    ['Told', detail],
    ['Kept as', id],
  ] as const;
  return (
    <Dialog title={`${who.name} ${actionText(entry)}`} onClose={onClose}>
      <dl class="facts">
        <dt>Outcome</dt>
        <dd>
          <OutcomeMark outcome={outcome} />
        </dd>
        {facts.map(([name, text]) =>
          text === undefined || text === '' ? null : (
            <Fragment key={name}>
              <dt>{name}</dt>
              <dd>{text}</dd>
            </Fragment>
          ),
        )}
      </dl>
      <div class="dialog-actions">
        <button type="button" onClick={onClose}>
          Close
        </button>
      </div>
    </Dialog>
  );
}
