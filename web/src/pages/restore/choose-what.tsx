import { useState } from 'preact/hooks';
import { shortId } from '../../api/snapshots.ts';
import { useResource } from '../../api/use-resource.ts';
import { ResourceView } from '../../parts/resource-view.tsx';
import { Age, Time } from '../../parts/time.tsx';
import { BackendOptions } from './backend-options.tsx';
import { SnapshotMark } from './choose-snapshot.tsx';
import { showSnapshot, type ShownSnapshot } from './plans.ts';
import { SourceOptions } from './source-options.tsx';
import { TopologyOptions } from './topology-options.tsx';
import type { StepProps } from './wizard.tsx';

/** Which backends, from what, and what of the replicas. */
export function ChooseWhat(props: StepProps) {
  const { snapshot = '' } = props.choices;
  const shown = useResource((signal) => showSnapshot(snapshot, { signal }), ['snapshot-to-restore', snapshot]);
  return (
    <ResourceView of={shown} what="the snapshot">
      {(value) => <WhatForm {...props} shown={value} />}
    </ResourceView>
  );
}

function WhatForm({ choices, goTo, shown }: StepProps & { readonly shown: ShownSnapshot }) {
  const { backends } = shown.manifest;
  const usual = backends.filter(({ role }) => role === 'user').map(({ id }) => id);
  const [chosen, setChosen] = useState<readonly string[]>(choices.backends.length > 0 ? choices.backends : usual);
  const [options, setOptions] = useState(choices);
  const hasExport = backends.some((backend) => chosen.includes(backend.id) && backend.export !== undefined);
  const isUsual = shown.state !== 'damaged' && chosen.length === usual.length && usual.every((id) => chosen.includes(id));
  const send = (event: Event): void => {
    event.preventDefault();
    goTo({ ...options, step: 'plan', backends: isUsual ? [] : chosen, isFromExport: options.isFromExport && hasExport });
  };
  return (
    <form class="stack" onSubmit={send}>
      <p>
        The backup of <Time at={shown.time} /> (<Age at={shown.time} />
        ), <code>{shortId(shown.id)}</code> of {shown.server} <SnapshotMark snapshot={shown} />
      </p>
      {shown.remarks.length === 0 ? null : (
        <div class={`note ${shown.state === 'damaged' ? 'note-bad' : 'note-warn'}`}>
          <p>
            <strong>This backup is {shown.state}:</strong> {shown.remarks.join('; ')}.
          </p>
          {shown.state === 'damaged' ? <p>Only backends that are whole can be restored from it, each by its name.</p> : null}
        </div>
      )}
      <BackendOptions backends={backends} chosen={chosen} onChange={setChosen} />
      <SourceOptions
        hasExport={hasExport}
        isFromExport={options.isFromExport && hasExport}
        onChange={(isFromExport) => setOptions({ ...options, isFromExport })}
      />
      <TopologyOptions choices={options} onChange={setOptions} />
      <div class="row">
        <button class="primary" disabled={chosen.length === 0}>
          Show the plan
        </button>
        {chosen.length === 0 ? <span class="muted">Choose a backend first.</span> : <span class="muted">It changes nothing.</span>}
      </div>
    </form>
  );
}
