/** Refusals of IoT Hub, with the codes and statuses of the service. */

/** Source: learn.microsoft.com/azure/iot-hub/troubleshoot-error-codes and azure-iot-http-base. */
const STATUS_CODES = {
  ArgumentInvalid: 400,
  InvalidProtocolVersion: 400,
  IotHubUnauthorizedAccess: 401,
  DeviceNotFound: 404,
  ModuleNotFound: 404,
  DeviceNotOnline: 404,
  DeviceAlreadyExists: 409,
  ModuleAlreadyExistsOnDevice: 409,
  PreconditionFailed: 412,
  InternalServerError: 500,
  NotSupported: 501,
  GatewayTimeout: 504,
} as const;

export type IotHubErrorCode = keyof typeof STATUS_CODES;

/** What a caller asked for is refused; `code` is the service's. */
export class IotHubError extends Error {
  override readonly name = 'IotHubError';
  readonly code: IotHubErrorCode;
  readonly statusCode: number;

  constructor(code: IotHubErrorCode, message: string) {
    super(message);
    this.code = code;
    this.statusCode = STATUS_CODES[code];
  }
}

/** Refuses because there is no such device or module. */
export function identityNotFound(id: string): IotHubError {
  return id.includes('/')
    ? new IotHubError('ModuleNotFound', `There is no module '${id}' in this IoT Hub.`)
    : new IotHubError('DeviceNotFound', `There is no device '${id}' in this IoT Hub.`);
}
