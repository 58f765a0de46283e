import { useLocation } from 'preact-iso';
import { bringBackAddress, changesAddress, compareAddress, searchAddress } from './addresses.ts';
import { bringBack } from './bring-back-choice.ts';

const tabs = [
  { address: searchAddress({}), name: 'Search' },
  { address: compareAddress({}), name: 'Compare' },
  { address: bringBackAddress, name: 'Bring back' },
  { address: changesAddress(), name: 'Changes made' },
] as const;

/** Between the pages about entries; how many are chosen is told as it changes. */
export function EntriesTabs() {
  const { path } = useLocation();
  const chosen = bringBack.value.entries.length;
  return (
    <nav class="entries-tabs" aria-label="Entries">
      <ul>
        {tabs.map(({ address, name }) => (
          <li key={address}>
            <a href={address} aria-current={path === address ? 'page' : undefined}>
              {name}
              {address === bringBackAddress ? (
                <span class="entries-chosen" role="status">
                  {chosen === 0 ? null : (
                    <>
                      {chosen}
                      <span class="hidden-text"> chosen</span>
                    </>
                  )}
                </span>
              ) : null}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
