/** Names that the local Azure goes by; they appear in tokens, topics and pages. */
export const LOCAL_NAMES = {
  iotHubHostName: 'lab-hub.azure-devices.net',
  deviceProvisioningHostName: 'lab-provisioning.azure-devices-provisioning.net',
  idScope: '0ne00A1B2C3',
  enrollmentGroupId: 'smart-meters',
  gatewayDeviceId: 'gateway',
} as const;
