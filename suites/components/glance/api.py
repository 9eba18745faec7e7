"""The tempest tests behind each of glance's checks of the `api` gate: all that upstream tags smoke."""

from suites.api.groups import Chosen, Groups, full_names
from suites.probes import spec

IMAGES = "tempest.api.image.v2"

CHOSEN: Chosen = {
    "versions": {(IMAGES, "test_versions.VersionsTest"): ("test_list_versions",)},
    "images": {
        (IMAGES, "test_images.BasicOperationsImagesTest"): (
            "test_delete_image",
            "test_register_upload_get_image_file",
            "test_update_image",
        ),
    },
}
GROUPS: Groups = full_names(CHOSEN)
LOOKS_AT = dict.fromkeys(CHOSEN, spec.IMAGES)
