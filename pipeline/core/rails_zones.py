"""Time zones by the names that Rails, and so GitLab, has for them beside those of the tz database. Pure."""

from collections.abc import Mapping

# Where Rails' name is that of the city, or place, in the zone's own name.
_AS_THEIR_PLACE = {
    "Africa": "Cairo Casablanca Harare Monrovia Nairobi",
    "America": "Asuncion Bogota Caracas Chihuahua La_Paz Lima Mazatlan Mexico_City Monterrey Montevideo "
    "Puerto_Rico Santiago Tijuana",
    "America/Argentina": "Buenos_Aires",
    "Asia": "Almaty Baghdad Baku Bangkok Chongqing Dhaka Hong_Kong Irkutsk Jakarta Jerusalem Kabul Kamchatka "
    "Karachi Kathmandu Kolkata Krasnoyarsk Kuala_Lumpur Kuwait Magadan Muscat Novosibirsk Rangoon Riyadh "
    "Seoul Singapore Srednekolymsk Taipei Tashkent Tbilisi Tehran Tokyo Ulaanbaatar Urumqi Vladivostok "
    "Yakutsk Yerevan",
    "Atlantic": "Azores",
    "Australia": "Adelaide Brisbane Canberra Darwin Hobart Melbourne Perth Sydney",
    "Europe": "Amsterdam Athens Belgrade Berlin Bratislava Brussels Bucharest Budapest Copenhagen Dublin "
    "Helsinki Istanbul Kaliningrad Kyiv Lisbon Ljubljana London Madrid Minsk Moscow Paris Prague Riga Rome "
    "Samara Sarajevo Skopje Sofia Stockholm Tallinn Vienna Vilnius Volgograd Warsaw Zagreb Zurich",
    "Pacific": "Auckland Fiji Guam Port_Moresby",
}
_OTHERS = {
    "Abu Dhabi": "Asia/Muscat",
    "Alaska": "America/Juneau",
    "American Samoa": "Pacific/Pago_Pago",
    "Arizona": "America/Phoenix",
    "Astana": "Asia/Almaty",
    "Atlantic Time (Canada)": "America/Halifax",
    "Beijing": "Asia/Shanghai",
    "Bern": "Europe/Zurich",
    "Brasilia": "America/Sao_Paulo",
    "Cape Verde Is.": "Atlantic/Cape_Verde",
    "Central America": "America/Guatemala",
    "Central Time (US & Canada)": "America/Chicago",
    "Chatham Is.": "Pacific/Chatham",
    "Chennai": "Asia/Kolkata",
    "Eastern Time (US & Canada)": "America/New_York",
    "Edinburgh": "Europe/London",
    "Ekaterinburg": "Asia/Yekaterinburg",
    "Georgetown": "America/Guyana",
    "Greenland": "America/Nuuk",
    "Guadalajara": "America/Mexico_City",
    "Hanoi": "Asia/Bangkok",
    "Hawaii": "Pacific/Honolulu",
    "Indiana (East)": "America/Indiana/Indianapolis",
    "International Date Line West": "Etc/GMT+12",
    "Islamabad": "Asia/Karachi",
    "Marshall Is.": "Pacific/Majuro",
    "Mid-Atlantic": "Atlantic/South_Georgia",
    "Midway Island": "Pacific/Midway",
    "Mountain Time (US & Canada)": "America/Denver",
    "Mumbai": "Asia/Kolkata",
    "New Caledonia": "Pacific/Noumea",
    "New Delhi": "Asia/Kolkata",
    "Newfoundland": "America/St_Johns",
    "Nuku'alofa": "Pacific/Tongatapu",
    "Osaka": "Asia/Tokyo",
    "Pacific Time (US & Canada)": "America/Los_Angeles",
    "Pretoria": "Africa/Johannesburg",
    "Quito": "America/Lima",
    "Samoa": "Pacific/Apia",
    "Sapporo": "Asia/Tokyo",
    "Saskatchewan": "America/Regina",
    "Solomon Is.": "Pacific/Guadalcanal",
    "Sri Jayawardenepura": "Asia/Colombo",
    "St. Petersburg": "Europe/Moscow",
    "Tokelau Is.": "Pacific/Fakaofo",
    "UTC": "Etc/UTC",
    "Wellington": "Pacific/Auckland",
    "West Central Africa": "Africa/Algiers",
}
RAILS_ZONES: Mapping[str, str] = {
    **_OTHERS,
    **{
        place.replace("_", " "): f"{region}/{place}"
        for region, places in _AS_THEIR_PLACE.items()
        for place in places.split()
    },
}


def zone_of(name: str) -> str:
    """The zone's name in the tz database, by that or by Rails' own; of what is neither, the same text."""
    return RAILS_ZONES.get(name, name)
