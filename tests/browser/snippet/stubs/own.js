/* A banner of one's own, which says itself what happens, also before the snippet has loaded. */
(() => {
  const analytics = window.consentAnalytics = window.consentAnalytics || [];
  const tell = (...call) => (window.consentAnalytics || analytics).push(call);
  const kept = stored('choice');
  const named = ({ functional, statistics, marketing }) => ({ necessary: true, functional, statistics, marketing });
  const banner = stub({
    choose(choice) {
      store('choice', choice);
      tell('decision', { categories: named(choice) });
    },
    close: () => tell('dismissal'),
    open: (again) => tell(again ? 'reopen' : 'impression', { layer: 'first', text: 'We ask before we store.' }),
  });
  if (kept) tell('replay', { categories: named(kept) });
  else banner.show();
})();
