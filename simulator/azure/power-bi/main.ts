import { runLocalProcess } from '../../wire/local-process.ts';
import { startPowerBi } from './power-bi.ts';

await runLocalProcess('power-bi', startPowerBi);
