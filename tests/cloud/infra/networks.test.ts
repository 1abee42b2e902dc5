import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

const textOf = (name: string) => readFileSync(`cloud/infra/services/${name}.bicep`, 'utf8');

describe('the network of cloud/infra', () => {
  it('gives the subnet of the Function an endpoint for each service that lets only subnets in', () => {
    const network = textOf('network');
    const subnet = /resource functionSubnet [\s\S]*?^}/m.exec(network)?.[0] ?? '';
    assert.match(subnet, /serviceEndpoints: functionServices/);
    const shared = /var dataServices = \[[\s\S]*?^\]/m.exec(network)?.[0] ?? '';
    const own = /var functionServices = concat\(dataServices, \[[\s\S]*?^\]\)/m.exec(network)?.[0];
    const endpoints = [...`${shared}${own ?? ''}`.matchAll(/service: 'Microsoft\.(\w+)'/g)];
    assert.deepEqual(
      new Set(endpoints.map(([, service]) => service)),
      new Set(['EventHub', 'KeyVault', 'Sql', 'Storage']),
    );
  });

  it('sends the audit of the database where its logs go', () => {
    assert.match(textOf('sql'), /isAzureMonitorTargetEnabled: true/);
    assert.match(textOf('sql'), /category: 'SQLSecurityAuditEvents'/);
  });
});
