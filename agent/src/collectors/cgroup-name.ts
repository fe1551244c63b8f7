/** What a cgroup's path says of what runs in it. */
export interface CgroupName {
  readonly kind: 'container' | 'service' | 'other';
  /** Shortened as the runtimes' own lists show it; `null` where the path names none. */
  readonly containerId: string | null;
  /** Where the runtime names cgroups by the container's name: LXC, systemd-nspawn. */
  readonly containerName: string | null;
  /** Fit to be an attribute: printable ASCII, the end of long ones. */
  readonly path: string;
}

const SHORT_ID = 12;
const MAX_PATH = 120;
/** Docker, containerd, CRI-O and Podman: 64 hex digits, alone or as `docker-….scope`, `cri-containerd-….scope`. */
const byId = /^(?:(?:docker|cri-containerd|crio|libpod|nerdctl|containerd)-)?([0-9a-f]{64})(?:\.scope)?$/;
/** `/docker/<id>` of Docker, `/kubepods/…/<id>` of Kubernetes, `/default/<id>` of nerdctl, `/libpod_parent/<id>`. */
const bareIdBelow = /(?:^|\/)(?:docker|kubepods[^/]*|default|k8s\.io|libpod_parent|garden|actions_job)(?:\/|$)/;
const byName = /^(?:lxc\.payload\.(.+)|machine-(.+)\.scope|systemd-nspawn@(.+)\.service)$/;

/** @param path - from the hierarchy's root: `/system.slice/nginx.service` */
export function cgroupName(path: string): CgroupName {
  const last = path.slice(path.lastIndexOf('/') + 1);
  const above = path.slice(0, path.length - last.length - 1);
  const shown = cleanCgroupText(path).slice(-MAX_PATH);
  const id = byId.exec(last)?.[1];
  if (id !== undefined && (last.length > id.length || bareIdBelow.test(above))) {
    return { kind: 'container', containerId: id.slice(0, SHORT_ID), containerName: null, path: shown };
  }
  const named = byName.exec(last);
  const name = named?.[1] ?? named?.[2] ?? named?.[3] ?? (above.endsWith('/lxc') ? last : undefined);
  if (name !== undefined) {
    const containerName = cleanCgroupText(unescapeUnit(name)).slice(0, MAX_PATH);
    return { kind: 'container', containerId: null, containerName, path: shown };
  }
  const kind = last.endsWith('.service') ? 'service' : 'other';
  return { kind, containerId: null, containerName: null, path: shown };
}

/** systemd writes `-` and others in a unit's name as `\x2d`. */
const unescapeUnit = (name: string) =>
  name.replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

/** Whoever may make a cgroup may give it any name; numbers of sessions and jobs would make a series of every one. */
const cleanCgroupText = (text: string) => text.replace(/[^\x21-\x7e]/g, '_').replace(/\d{4,}/g, '#');
