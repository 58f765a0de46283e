import type { ApiFailure } from '../../api/api-failure.ts';
import { Card } from '../../parts/page.tsx';
import { addressOf, type Choices } from './choices.ts';
import { remediesOf, type Remedy } from './remedies-of.ts';
import type { StepProps } from './wizard.tsx';

/** What to choose instead after a refusal: what fits it first, then the ways back. */
export function Remedies({ failure, choices }: StepProps & { readonly failure: ApiFailure }) {
  return (
    <Card title="What to do instead">
      <p>Nothing was changed.</p>
      <ul class="restore-remedies">
        {[...remediesOf(failure, choices), ...always(choices)].map(({ name, address }) => (
          <li key={address}>
            <a href={address}>{name}</a>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function always(choices: Choices): readonly Remedy[] {
  return [
    { name: 'Change what is restored', address: addressOf({ ...choices, step: 'what' }) },
    { name: 'Take another backup', address: addressOf({ ...choices, step: 'snapshot' }) },
  ];
}
