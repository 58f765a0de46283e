import { formatCount } from '../../../../src/foundation/counts.ts';
import { useLocation } from 'preact-iso';
import { bringBackAddress } from './addresses.ts';
import { bringBack } from './bring-back-choice.ts';

/** To what was chosen, once something was. */
export function BringBackChosen() {
  const { route } = useLocation();
  const chosen = bringBack.value.entries.length;
  return (
    <button type="button" class="primary" disabled={chosen === 0} onClick={() => route(bringBackAddress)}>
      Bring back {formatCount(chosen)} chosen
    </button>
  );
}
