import { useEffect, useRef, useState } from 'preact/hooks';
import { stateChoices, type ArchiveView } from './archive-view.ts';
import type { Choice } from './filter-snapshots.ts';

const stateTexts = {
  complete: 'complete',
  suspicious: 'suspicious',
  unlisted: 'unlisted',
  damaged: 'damaged',
  proven: 'proven to come back',
  unproven: 'not proven',
  pinned: 'pinned',
  locked: 'locked',
} as const satisfies Readonly<Record<(typeof stateChoices)[number], string>>;

export interface FilterBarProps {
  readonly view: ArchiveView;
  readonly servers: readonly string[];
  readonly backends: readonly string[];
  readonly onChange: (choice: Partial<Choice>) => void;
}

/** What is chosen of the snapshots: by server, state, backend, words and span of time. */
export function FilterBar({ view, servers, backends, onChange }: FilterBarProps) {
  return (
    <form class="archive-filter" role="search" aria-label="Choose among the snapshots" onSubmit={(event) => event.preventDefault()}>
      <Words value={view.text} onChange={(text) => onChange({ text })} />
      <Select label="Server" value={view.server} choices={plain(servers)} onChange={(server) => onChange({ server })} />
      <Select
        label="State"
        value={view.state}
        choices={stateChoices.map((state) => [state, stateTexts[state]])}
        onChange={(state) => onChange({ state: stateChoices.find((one) => one === state) ?? '' })}
      />
      <Select label="Backend" value={view.backend} choices={plain(backends)} onChange={(backend) => onChange({ backend })} />
      <Day label="From" value={view.from} onChange={(from) => onChange({ from })} />
      <Day label="To" value={view.to} onChange={(to) => onChange({ to })} />
    </form>
  );
}

function plain(names: readonly string[]): readonly (readonly [string, string])[] {
  return names.map((name) => [name, name]);
}

/** What is typed is taken when the typing pauses: with thousands of snapshots each letter would be felt. */
function Words({ value, onChange }: { readonly value: string; readonly onChange: (text: string) => void }) {
  const [text, setText] = useState(value);
  const latest = useRef(onChange);
  latest.current = onChange;
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text === value) return undefined;
    const timer = setTimeout(() => latest.current(text), 200);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <label class="field archive-filter-words">
      <span>Words</span>
      <input
        type="search"
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        placeholder="ID, server, backend, remark, reason of a pin"
        maxLength={200}
        autocomplete="off"
        spellcheck={false}
      />
    </label>
  );
}

interface SelectProps {
  readonly label: string;
  readonly value: string;
  readonly choices: readonly (readonly [string, string])[];
  readonly onChange: (value: string) => void;
}

function Select({ label, value, choices, onChange }: SelectProps) {
  const isKnown = value === '' || choices.some(([one]) => one === value);
  return (
    <label class="field">
      <span>{label}</span>
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        <option value="">all</option>
        {isKnown ? null : <option value={value}>{value}</option>}
        {choices.map(([one, text]) => (
          <option key={one} value={one}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

function Day({ label, value, onChange }: { readonly label: string; readonly value: string; readonly onChange: (day: string) => void }) {
  return (
    <label class="field">
      <span>{label}</span>
      <input type="date" value={value} onChange={(event) => onChange(event.currentTarget.value)} />
    </label>
  );
}
