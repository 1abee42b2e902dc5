/** The clicks of the lab, as a control API: install, register, connect, pin, inject. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { ControlError } from '../wire/control-api.ts';
import type { Settings } from '../wire/settings.ts';
import type { Fleet } from './fleet.ts';
import type { Meter } from './meter.ts';

const RegisterBody = z
  .object({ idScope: z.string().trim().min(1), groupKey: z.string().trim().min(1) })
  .partial()
  .default({});

const LOWEST_PIN_F = -100;
const HIGHEST_PIN_F = 300;
const PinBody = z.object({ temp: z.number().min(LOWEST_PIN_F).max(HIGHEST_PIN_F) });

const AllowBody = z.object({ readings: z.int().min(0) });

type Command = (meter: Meter, body: unknown) => void | Promise<void>;

/** Serves `GET /status`, `POST /allow` for a paced plan, and `POST /meters/:id/<command>`; a refusal says what to do instead. */
export function meterRoutes(app: FastifyInstance, fleet: Fleet, settings: Settings): void {
  app.get('/status', () => fleet.status());
  app.post('/allow', ({ body }) => {
    fleet.allow(AllowBody.parse(body).readings);
    return {};
  });
  for (const [name, command] of Object.entries(commands(fleet, settings))) {
    app.post<{ Params: { id: string } }>(`/meters/:id/${name}`, async ({ params, body }) => {
      const meter = fleet.meter(params.id);
      if (meter === undefined) throw new ControlError(404, `There is no meter ${params.id}.`);
      await command(meter, body);
      return meter.status();
    });
  }
}

function commands(fleet: Fleet, settings: Settings): Readonly<Record<string, Command>> {
  return {
    install: (meter) => meter.install(),
    register: (meter, body) => meter.register(registrationOf(settings, body)),
    connect: (meter) => fleet.connect(meter),
    disconnect: (meter) => meter.disconnect(),
    spike: (meter) => meter.inject('spike'),
    dip: (meter) => meter.inject('dip'),
    pin: (meter, body) => {
      const parsed = PinBody.safeParse(body);
      if (!parsed.success) {
        const range = `${LOWEST_PIN_F} to ${HIGHEST_PIN_F}`;
        throw new ControlError(400, `Pass {"temp": degrees Fahrenheit}, ${range}.`);
      }
      meter.pin(parsed.data.temp);
    },
    unpin: (meter) => meter.pin(null),
    adopt: (meter) => fleet.adopt(meter),
    enroll: (meter) => fleet.enroll(meter),
  };
}

/** By hand both must be given; a fleet that comes up by itself knows them from the settings. */
function registrationOf(settings: Settings, body: unknown) {
  const given = RegisterBody.safeParse(body ?? {});
  const known = settings.meters.manual
    ? {}
    : { idScope: settings.idScope, groupKey: settings.secrets.enrollmentGroupKey };
  const { idScope, groupKey } = { ...known, ...given.data };
  if (!given.success || idScope === undefined || groupKey === undefined) {
    const where = 'the console shows both under Device Provisioning';
    throw new ControlError(400, `Pass "idScope" and "groupKey"; ${where}.`);
  }
  return { idScope, groupKey };
}
