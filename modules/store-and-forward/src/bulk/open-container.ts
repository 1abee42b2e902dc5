/** Opens the container that the environment names; Microsoft's clients are loaded only now. */
import { messageOf } from '../../../shared/src/edge-error.ts';
import { BulkError, type OpenContainer } from './blob-container.ts';
import { containerPlace, type BulkAccess } from './container-place.ts';

/** How to open the container; nothing is read before it is called. */
export function containerOf(access: BulkAccess): OpenContainer {
  return async () => {
    const place = containerPlace(access);
    const { azureContainer } = await loadClient();
    return azureContainer(place);
  };
}

async function loadClient() {
  try {
    return await import('./azure-container.ts');
  } catch (error) {
    throw new BulkError('FAILED', `Azure’s clients cannot be loaded: ${messageOf(error)}.`);
  }
}
