import { useEffect, useState } from 'preact/hooks';

/** Where in the console one is: `#/azure/storage` is `['azure', 'storage']`. */
export function useRoute(): readonly string[] {
  const [route, setRoute] = useState(current);
  useEffect(() => {
    const changed = () => setRoute(current());
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  return route;
}

function current(): readonly string[] {
  return location.hash
    .replace(/^#\/?/, '')
    .split('/')
    .filter((part) => part !== '');
}
