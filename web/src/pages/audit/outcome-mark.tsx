import { Mark } from '../../parts/mark.tsx';
import { outcomeTexts } from './audit-words.ts';

export function OutcomeMark({ outcome }: { readonly outcome: string }) {
  const { kind, text } = outcomeTexts[outcome] ?? { kind: 'plain' as const, text: outcome };
  return <Mark kind={kind}>{text}</Mark>;
}
