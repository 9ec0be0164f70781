import { useEffect, useState } from 'react';

/** A clock for the page: `read()` now, and again every `everyMs`. */
export function useNow(read: () => number, everyMs: number): number {
  const [now, setNow] = useState(read);
  useEffect(() => {
    const timer = window.setInterval(() => setNow(read()), everyMs);
    return () => window.clearInterval(timer);
  }, [read, everyMs]);
  return now;
}
