/** Enrollments: the group's switch and key, and individual ones. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { DeviceProvisioning } from '../device-provisioning/device-provisioning.ts';
import type { Enrollment } from '../device-provisioning/enrollment.ts';

const GroupBody = z.object({ enabled: z.boolean() });
const EnrollmentBody = z.object({
  registrationId: z.string().regex(/^[A-Za-z0-9\-._:]{1,128}$/),
  primaryKey: z.base64().optional(),
  endorsementKey: z.base64().optional(),
  deviceId: z.string().optional(),
  iotEdge: z.boolean().optional(),
  enabled: z.boolean().optional(),
});

export function addEnrollmentControl(app: FastifyInstance, provisioning: DeviceProvisioning): void {
  app.get('/enrollment-group/key', () => ({ key: keyOf(provisioning.group()) }));
  app.post('/enrollment-group', async ({ body }) => {
    const { enabled } = GroupBody.parse(body);
    await provisioning.setGroupEnabled(enabled);
    return { enabled };
  });
  app.post('/enrollments', async ({ body }) => {
    const enrollment = await provisioning.enroll(EnrollmentBody.parse(body));
    const { id: registrationId, enabled } = enrollment;
    return { registrationId, key: keyOf(enrollment), enabled };
  });
}

/** Primary key; null when the device proves itself by other means. */
function keyOf({ attestation }: Enrollment): string | null {
  return attestation.type === 'symmetricKey' ? attestation.primaryKey : null;
}
