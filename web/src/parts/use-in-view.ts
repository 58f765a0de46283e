import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

/** So long it must stay in view: while a page is put together, much is in view that is pushed out of it a moment later. */
const leastMilliseconds = 400;

/** Whether the element has been in view, or nearly, once: what is costly need not be asked for before. With `isReady` false it is not looked at yet. */
export function useInView<Element extends HTMLElement>(isReady = true): readonly [RefObject<Element | null>, boolean] {
  const element = useRef<Element>(null);
  const [isSeen, setIsSeen] = useState(false);
  useEffect(() => {
    if (isSeen || !isReady || element.current === null) return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const observer = new IntersectionObserver(
      (entries) => {
        clearTimeout(timer);
        if (entries.at(-1)?.isIntersecting === true) timer = setTimeout(() => setIsSeen(true), leastMilliseconds);
      },
      { rootMargin: '100px' },
    );
    observer.observe(element.current);
    return () => {
      clearTimeout(timer);
      observer.disconnect();
    };
  }, [isSeen, isReady]);
  return [element, isSeen];
}
