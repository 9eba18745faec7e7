"""Defects of one colour beside another: what each does to a stage, and by which checks it is seen."""

from seeding import Defect

GATE = "neighbours"
# Whoever talks to Keystone, and whoever needs an image, may fail with it.
NEEDING_TOKENS = r".*_cross|nova-conductor/.*"
NEEDING_IMAGES = r"nova-(api|conductor)/.*"
OTHER_KEYS = Defect(
    name="other-fernet-keys-than-the-other-colours",
    hosts="identity-green-1",
    put_in="cd /etc/keystone && cp -a fernet-keys /run/seeded-keys && for key in fernet-keys/*; do"
    " head -c 32 /dev/urandom | base64 | tr '+/' '-_' > $key; done",
    is_in="test -d /run/seeded-keys && ! diff -rq /etc/keystone/fernet-keys /run/seeded-keys",
    # It reads them for each token; only a start after the change shows that it runs with what is there.
    take_out="cp -a /run/seeded-keys/. /etc/keystone/fernet-keys/ && rm -r /run/seeded-keys"
    " && systemctl restart keystone",
    healed="test ! -e /run/seeded-keys && curl -sf -o /dev/null $(hostname -i | cut -d ' ' -f 1):5000/v3",
    seen_by={"keystone/tokens_cross": "GET auth/tokens is answered 40[14]"},
    may_also=NEEDING_TOKENS,
)


def without_its_store(store: str) -> Defect:
    """One colour's Glance does not reach the store, in which the other one's images are."""
    return Defect(
        name="one-colours-images-without-the-store",
        hosts="image-green-1",
        put_in=f"ip route add blackhole {store}",
        is_in=f"ip route show type blackhole | grep -qF {store}",
        take_out=f"ip route del blackhole {store}",
        seen_by={"glance/images_cross": "blue to green: green: GET v2/images/.*/file is answered 5"},
        may_also=NEEDING_IMAGES,
    )


# An address for documents: where a store is, is known once its stage stands.
DEFECTS = (OTHER_KEYS, without_its_store("192.0.2.1"))
