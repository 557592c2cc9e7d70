/** Where one private INN2 lives and listens. */
export interface InnLayout {
  readonly root: string;
  readonly feedPort: number;
  readonly plainPort: number;
  readonly tlsPort: number;
}

/** Where Debian puts INN's programs. */
export const innPrograms = '/usr/lib/news/bin';

/** inn.conf: everything in a private tree, no size limits, articles kept in wire format so that readers send them as they are. */
export function innConf({ root, feedPort }: InnLayout): string {
  const settings: Record<string, string | number | boolean> = {
    domain: 'example.test',
    fromhost: 'news.example.test',
    pathhost: 'news.example.test',
    server: '127.0.0.1',
    organization: '"Newsreel system test"',
    mta: '"/bin/true %s"',
    mailcmd: '/bin/true',
    hismethod: 'hisv6',
    ovmethod: 'tradindexed',
    port: feedPort,
    bindaddress: '127.0.0.1',
    nnrpdpostport: feedPort,
    noreader: true,
    maxartsize: 0,
    localmaxartsize: 0,
    maxconnections: 200,
    artcutoff: 0,
    remembertrash: false,
    verifygroups: false,
    pgpverify: false,
    doinnwatch: false,
    docnfsstat: false,
    htmlstatus: false,
    logstatus: false,
    status: 0,
    timer: 0,
    nnrpdloadlimit: 0,
    backoffauth: false,
    wireformat: true,
    articlemmap: true,
    nnrpdcheckart: false,
    nicekids: 0,
    nicennrpd: 0,
    addinjectiondate: false,
    addinjectionpostinghost: false,
    checkincludedtext: false,
    tlscafile: `${root}/etc/ca.pem`,
    tlscertfile: `${root}/etc/cert.pem`,
    tlskeyfile: `${root}/etc/key.pem`,
    tlsprotocols: '[ TLSv1.2 TLSv1.3 ]',
    pathnews: '/usr/lib/news',
    pathbin: innPrograms,
    pathcontrol: `${innPrograms}/control`,
    pathfilter: `${root}/etc/filter`,
    pathetc: `${root}/etc`,
    pathdb: `${root}/db`,
    pathlog: `${root}/log`,
    pathrun: `${root}/run`,
    pathspool: `${root}/spool`,
    patharticles: `${root}/spool/articles`,
    pathoverview: `${root}/spool/overview`,
    pathincoming: `${root}/spool/incoming`,
    pathoutgoing: `${root}/spool/outgoing`,
    patharchive: `${root}/spool/archive`,
    pathtmp: `${root}/spool/incoming/tmp`,
    pathhttp: `${root}/http`,
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name}: ${value}\n`)
    .join('');
}

/** The small files INN wants beside inn.conf. */
export function innFiles({ root }: InnLayout): Record<string, string> {
  return {
    'storage.conf': 'method tradspool {\n  class: 0\n  newsgroups: *\n  size: 0\n}\n',
    // No default user: a session has no rights until AUTHINFO, as with a commercial provider.
    'readers.conf':
      `auth "all" {\n  hosts: "127.0.0.1, ::1, localhost"\n  auth: "ckpasswd -f ${root}/etc/newsusers"\n}\n` +
      'access "users" {\n  users: "*"\n  newsgroups: "*"\n  access: RPA\n  localmaxartsize: 0\n}\n',
    'incoming.conf': 'streaming: true\nmax-connections: 0\npeer localhost { hostname: "127.0.0.1" }\n',
    newsfeeds: 'ME:*,!junk,!control*,!local*/!local::\n',
    'expire.ctl': '/remember/:3\n*:A:never:never:never\n',
    'control.ctl': 'all:*:*:drop\n',
    'control.ctl.local': '',
    'passwd.nntp': '',
    moderators: '',
    'distrib.pats': '',
    'nnrpd.track': '',
    'innwatch.ctl': '',
    localgroups: '',
    subscriptions: '',
    'nocem.ctl': '',
  };
}
