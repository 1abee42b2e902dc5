/** What az answers, as far as it is looked at. */
import { z } from 'zod';

const Tags = z.record(z.string(), z.string()).nullish();

export const Version = z.object({ 'azure-cli': z.string() });

export const Account = z.object({
  id: z.string(),
  name: z.string(),
  tenantId: z.string(),
  state: z.string().optional(),
  user: z.object({ name: z.string(), type: z.string() }),
});

export const Principal = z.object({ id: z.string(), name: z.string().nullish() });

export const Names = z.array(z.string());

/** Services answer the question for a name in three ways. */
export const NameAnswer = z.object({
  nameAvailable: z.boolean().optional(),
  available: z.boolean().optional(),
  message: z.string().nullish(),
  reason: z.string().nullish(),
});

export const UnitQuotas = z.object({
  value: z.array(
    z.object({
      name: z.string().optional(),
      properties: z.object({ maxCount: z.number(), currentCount: z.number() }),
    }),
  ),
});

export const Usages = z.array(
  z.object({
    name: z.object({ value: z.string() }),
    currentValue: z.coerce.number(),
    limit: z.coerce.number(),
  }),
);

export const Group = z.object({ location: z.string(), tags: Tags });

export const Resources = z.array(
  z.object({ id: z.string(), name: z.string(), type: z.string(), tags: Tags }),
);

export const Job = z.object({
  properties: z.object({
    jobState: z.string(),
    lastOutputEventTime: z.string().nullish(),
  }),
});

const Output = <T extends z.ZodType>(value: T) => z.object({ value });

/** The outputs of `cloud/infra/main.bicep`. */
export const Outputs = z.object({
  hubHostName: Output(z.string()),
  provisioningIdScope: Output(z.string()),
  provisioningServiceHostName: Output(z.string()),
  sqlHostName: Output(z.string()),
  sqlDatabase: Output(z.string()),
  sqlUsers: Output(z.array(z.object({ name: z.string(), role: z.string() }))),
  dashboardIdentityPrincipalId: Output(z.string()),
  dashboardUrl: Output(z.string()),
  functionUrl: Output(z.string()),
  archiveUrl: Output(z.string()),
  databricksUrl: Output(z.string()),
});
export type Outputs = z.infer<typeof Outputs>;

export const Registrations = z.array(
  z.object({ id: z.string(), appId: z.string(), name: z.string() }),
);
export const Registration = Registrations.element;

export const Trusts = z.array(z.object({ name: z.string(), subject: z.string() }));

export const EdgeDeployments = z.array(z.object({ id: z.string(), priority: z.number() }));

export const Budgets = z.object({
  value: z.array(
    z.object({
      name: z.string(),
      properties: z.object({ timePeriod: z.object({ startDate: z.string() }) }),
    }),
  ),
});

export const Changes = z.object({ changes: z.array(z.object({ changeType: z.string() })) });

export const App = z.object({ state: z.string(), host: z.string().nullish() });

export const Alerts = z.object({
  value: z.array(
    z.object({
      name: z.string(),
      properties: z.object({
        essentials: z.object({
          severity: z.string().nullish(),
          targetResourceName: z.string().nullish(),
          startDateTime: z.string().nullish(),
        }),
      }),
    }),
  ),
});

export const HubQuota = z.array(
  z.object({ name: z.string(), currentValue: z.number(), maxValue: z.number() }),
);
