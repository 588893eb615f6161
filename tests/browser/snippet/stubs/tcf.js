/* IAB TCF 2.2: an event listener is called at once with what is, then on each change. */
(() => {
  const kept = stored('tcf');
  const listeners = [];
  const data = {
    tcString: kept ? 'CStub' : '', tcfPolicyVersion: 5, cmpId: 999, cmpVersion: 1, gdprApplies: true,
    eventStatus: 'tcloaded', purpose: { consents: kept || {} }, vendor: {},
  };
  const tell = (change) => {
    Object.assign(data, change);
    listeners.forEach((listener) => listener({ ...data }, true));
  };
  const purposes = ({ functional, statistics, marketing }) => {
    const granted = { 1: functional || statistics || marketing };
    [5, 6, 11].forEach((purpose) => { granted[purpose] = functional; });
    [8, 9, 10].forEach((purpose) => { granted[purpose] = statistics; });
    [2, 3, 4, 7].forEach((purpose) => { granted[purpose] = marketing; });
    return granted;
  };
  const banner = stub({
    choose(choice) {
      store('tcf', purposes(choice));
      tell({ eventStatus: 'useractioncomplete', tcString: 'CStub', purpose: { consents: purposes(choice) } });
    },
    open: () => tell({ eventStatus: 'cmpuishown' }),
  });
  window.__tcfapi = (command, version, callback) => {
    if (command !== 'addEventListener') return;
    listeners.push(callback);
    callback({ ...data }, true);
  };
  if (!kept) banner.show();
})();
