import { useEffect } from 'preact/hooks';
import { sendDocument } from '../../api/client.ts';
import { useResource } from '../../api/use-resource.ts';
import { ResourceView } from '../../parts/resource-view.tsx';
import { ForgetView, PruneView } from './forget-view.tsx';
import { readResult } from './read-result.ts';
import { AsPrinted } from './run-result.tsx';

/** What the job would do now. */
export function PlanOf({ job, onShown }: { readonly job: 'forget' | 'prune'; readonly onShown: (isShown: boolean) => void }) {
  const plan = useResource<unknown>((signal) => sendDocument('POST', `/plans/${job}`, { words: [] }, { signal }), [job]);
  useEffect(() => onShown(plan.value !== undefined), [plan.value]);
  return (
    <ResourceView of={plan} what="the plan">
      {(value) => {
        const facts = readResult(job, value);
        if (facts?.kind === 'forget') return <ForgetView of={facts} />;
        if (facts?.kind === 'prune') return <PruneView of={facts} />;
        return <AsPrinted result={value} isOpen />;
      }}
    </ResourceView>
  );
}
