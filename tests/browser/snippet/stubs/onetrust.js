/* OneTrust: the cookie is there before a choice (interactionCount=0), and the groups are told on every page. */
(() => {
  const kept = new URLSearchParams(decodeURIComponent((document.cookie.match(/OptanonConsent=([^;]*)/) || [])[1] || ''));
  const consentId = kept.get('consentId') || crypto.randomUUID();
  let count = +kept.get('interactionCount');
  let groups = kept.get('groups') || 'C0001:1,C0002:0,C0003:0,C0004:0';
  window.OneTrust = { IsAlertBoxClosed: () => count > 0 };
  const write = () => {
    const text = new URLSearchParams({
      isGpcEnabled: 0, datestamp: new Date().toString(), version: '202505.1.0', browserGpcFlag: 0, consentId,
      interactionCount: count, groups, AwaitingReconsent: false,
    });
    document.cookie = `OptanonConsent=${text};path=/;max-age=31536000;samesite=lax`;
    if (count) document.cookie = `OptanonAlertBoxClosed=${new Date().toISOString()};path=/;max-age=31536000`;
    const active = groups.split(',').filter((group) => group.endsWith(':1')).map((group) => group.split(':')[0]);
    window.dispatchEvent(new CustomEvent('OneTrustGroupsUpdated', { detail: active }));
  };
  const banner = stub({
    id: 'onetrust-banner-sdk',
    settingsId: 'onetrust-pc-sdk',
    choose({ functional, statistics, marketing }) {
      count += 1;
      groups = `C0001:1,C0002:${+statistics},C0003:${+functional},C0004:${+marketing}`;
      write();
    },
  });
  write();
  if (!count) banner.show();
})();
