"""The host images of this machine, for the hosts of any substrate."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from stages.machine.images.image_inputs import ImageInputs
from stages.machine.images.turn import turn
from stages.machine.site import Site
from stages.machine.substrates import image, left_over, podman, records


@dataclass(frozen=True, slots=True)
class HostImages:
    """Those that a site may use. Its methods promise what `Images` does."""

    site: Site

    def built(self, inputs: ImageInputs) -> str | None:
        """By any site of this machine."""
        return image.find(inputs)

    def build(self, inputs: ImageInputs, say: Callable[[str], None]) -> str:
        """One site at a time: the store is the machine's."""
        with turn(say):
            left_over.clear()
            made = image.build(self.site, inputs, say)
            in_use = {seen.image for seen in podman.seen(self.site.id)} | records.images(self.site) | {made}
            image.prune(self.site, in_use, say)
        return made

    def base_of(self, image_id: str) -> str:
        """As the image's label says."""
        return image.base_of(image_id)

    def packages_of(self, image_id: str) -> Mapping[str, str]:
        """As the image's label says."""
        return image.packages_of(image_id)

    def base(self, inputs: ImageInputs) -> str:
        """From the root file system, if this machine has it."""
        return image.base(inputs)

    def require(self, image_id: str) -> None:
        """In the machine's store."""
        image.require(image_id)
