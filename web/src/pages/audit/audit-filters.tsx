import type { AuditEntry } from './audit-entries.ts';
import { noFilter, valuesOf, type AuditFilter } from './audit-filter.ts';
import { actionText, outcomeTexts } from './audit-words.ts';

interface AuditFiltersProps {
  readonly entries: readonly AuditEntry[];
  readonly filter: AuditFilter;
  readonly onChange: (filter: AuditFilter) => void;
}

/** By whom, by what, by how it ended; of those that were read. */
export function AuditFilters({ entries, filter, onChange }: AuditFiltersProps) {
  const isAll = filter.who === '' && filter.action === '' && filter.outcome === '';
  return (
    <form class="audit-filters" aria-label="Which ones" onSubmit={(event) => event.preventDefault()}>
      <Select
        label="Who"
        all="Everybody"
        value={filter.who}
        values={valuesOf(entries, ({ who }) => who.name).map((name) => ({ value: name, text: name }))}
        onChange={(who) => onChange({ ...filter, who })}
      />
      <Select
        label="What"
        all="Everything"
        value={filter.action}
        values={valuesOf(entries, ({ action }) => action).map((action) => ({ value: action, text: actionText({ action }) }))}
        onChange={(action) => onChange({ ...filter, action })}
      />
      <Select
        label="Outcome"
        all="Any"
        value={filter.outcome}
        values={valuesOf(entries, ({ outcome }) => outcome).map((outcome) => ({
          value: outcome,
          text: outcomeTexts[outcome]?.text ?? outcome,
        }))}
        onChange={(outcome) => onChange({ ...filter, outcome })}
      />
      <button type="button" class="quiet" disabled={isAll} onClick={() => onChange(noFilter)}>
        Show all
      </button>
    </form>
  );
}

interface SelectProps {
  readonly label: string;
  readonly all: string;
  readonly value: string;
  readonly values: readonly { readonly value: string; readonly text: string }[];
  readonly onChange: (value: string) => void;
}

function Select({ label, all, value, values, onChange }: SelectProps) {
  return (
    <label class="field">
      <span>{label}</span>
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        <option value="">{all}</option>
        {values.map((one) => (
          <option key={one.value} value={one.value}>
            {one.text}
          </option>
        ))}
      </select>
    </label>
  );
}
