import type { HostDetail } from '../api/types.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { EmptyState } from '../parts/states.tsx';
import { Facts } from './facts.tsx';

const MAX_ADDRESSES = 4;

export function InventoryFacts({ host }: { readonly host: HostDetail }) {
  const { t, format } = useI18n();
  const { inventory, links } = host;
  if (inventory === null) return <EmptyState title={t('host.noInventory')} />;
  return (
    <Facts
      items={[
        [t('host.address'), inventory.addresses.slice(0, MAX_ADDRESSES).join(', ')],
        links.length === 0 ? null : [t('host.links'), links.map(linkText).join(', ')],
        [t('host.os'), `${inventory.os}, ${inventory.arch}`],
        [
          t('host.hardware'),
          t('host.cpuMemory', { cpus: inventory.cpuCount, memory: format.memory(inventory.memoryBytes) }),
        ],
        [t('host.cpuModel'), inventory.cpuModel],
        inventory.virtualization === null ? null : [t('host.virtualization'), inventory.virtualization],
        [t('host.booted'), format.dateTime(Date.parse(inventory.bootTime))],
      ]}
    />
  );
}

const linkText = ({ interfaceName, deviceName, port }: HostDetail['links'][number]) =>
  `${interfaceName} → ${deviceName} ${port}`;
