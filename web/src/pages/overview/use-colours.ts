import { useEffect, useState } from 'preact/hooks';

/** What a canvas needs of the colours of the style: it knows no variables. */
export interface Colours {
  readonly text: string;
  readonly line: string;
  readonly plots: readonly string[];
}

/** The colours as they are now, and anew when light becomes dark or the other way round; undefined before they are known. */
export function useColours(): Colours | undefined {
  const [colours, setColours] = useState<Colours>();
  useEffect(() => {
    const read = (): void => setColours(readColours());
    read();
    const isDark = matchMedia('(prefers-color-scheme: dark)');
    isDark.addEventListener('change', read);
    const choice = new MutationObserver(read);
    choice.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
    return () => {
      isDark.removeEventListener('change', read);
      choice.disconnect();
    };
  }, []);
  return colours;
}

/** By an element, as the value of a variable is `light-dark(…)` itself, and not what comes of it. */
function readColours(): Colours {
  const probe = document.createElement('span');
  document.body.append(probe);
  const colourOf = (name: string): string => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const colours = { text: colourOf('muted'), line: colourOf('line'), plots: ['plot-1', 'plot-2', 'plot-3'].map(colourOf) };
  probe.remove();
  return colours;
}
