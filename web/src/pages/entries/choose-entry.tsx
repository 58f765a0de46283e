import { bringBack, choose, isChosen, leaveOut, mostChosen } from './bring-back-choice.ts';

/** The box before an entry in a list: whether it is to be brought back, as the snapshot `from` has it. */
export function ChooseBox({ dn, from, isDisabled = false }: { readonly dn: string; readonly from: string; readonly isDisabled?: boolean }) {
  const is = isChosen(dn);
  const isFull = !is && bringBack.value.entries.length >= mostChosen;
  return (
    <input
      type="checkbox"
      aria-label={`Bring back ${dn}`}
      checked={is}
      disabled={isDisabled || isFull}
      onChange={() => (is ? leaveOut(dn) : choose([dn], from))}
    />
  );
}
